"""REST framework's own refusals in words that can stand behind the name of a field: `urls: Send a list of at most 9.`
instead of `urls: Ensure this field has no more than 9 elements.`"""

from rest_framework import serializers

_NUMBERS = {"min_value": "Send at least {min_value}.", "max_value": "Send at most {max_value}."}
_TEXTS = {
    "min_length": "Send at least {min_length} characters.",
    "max_length": "Send at most {max_length} characters.",
}
_LISTS = {
    "not_a_list": "Send a list.",
    "empty": "Send a list that is not empty.",
    "min_length": "Send a list of at least {min_length}.",
    "max_length": "Send a list of at most {max_length}.",
}
WORDS: dict[type[serializers.Field], dict[str, str]] = {
    serializers.CharField: _TEXTS,
    serializers.IntegerField: _NUMBERS,
    serializers.FloatField: _NUMBERS,
    serializers.ListField: _LISTS,
    serializers.ListSerializer: _LISTS,
}


def put_plainly() -> None:
    """Have every field of these kinds say it so, unless it has words of its own."""
    for kind, words in WORDS.items():
        kind.default_error_messages = {**kind.default_error_messages, **words}
