"""`Idempotency-Key`: a creating request that is sent again gets the first answer, and makes nothing twice."""
