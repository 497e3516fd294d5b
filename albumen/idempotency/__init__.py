"""`Idempotency-Key`: a creating request that is sent again gets the first response, and creates nothing twice."""
