from django.apps import AppConfig
from django.conf import settings
from django.urls import register_converter


class IdConverter:
    """An id in a URL. 18 digits always fit into the database's integers."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(IdConverter, "id")


class WebConfig(AppConfig):
    name = "albumen.web"

    def ready(self) -> None:
        from albumen import imaging, rates
        from albumen.api import field_messages
        from albumen.operations import doctor  # noqa: F401  (registers the system checks)

        field_messages.install()
        if settings.SENTRY_DSN:
            from albumen.operations import sentry

            sentry.start()
        for rate in settings.RATES.values():
            rates.parse_rate(rate)
        imaging.configure(
            imaging.Limits(
                pixels=round(settings.MAX_MEGAPIXELS * 1_000_000),
                frames=settings.MAX_FRAMES,
                memory_mb=settings.DECODER_MEMORY_MB,
                seconds=settings.DECODER_SECONDS,
                decoders=settings.DECODERS,
            )
        )
