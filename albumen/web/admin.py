"""What was done in the admin panel, and by whom."""

from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.utils.html import format_html
from unfold.decorators import display

from albumen.admin_base import LINK, ReadOnlyPage, linked

VERBS = {ADDITION: "Added.", CHANGE: "Changed.", DELETION: "Deleted."}


@admin.register(LogEntry)
class HistoryPage(ReadOnlyPage):
    """Entries are written by the panel itself, one for each row that was added, changed or deleted."""

    empty = "Nobody has changed anything in the panel yet."
    list_display = ("action_time", "by", "what", "row", "did")
    list_filter = ("action_flag", "content_type", "action_time")
    list_select_related = ("user", "content_type")
    search_fields = ("user__email", "object_repr")
    ordering = ("-id",)
    fields = readonly_fields = ("action_time", "by", "what", "row", "did")

    by = linked("user", "By", ordering="user__email")

    @display(description="What", ordering="content_type")
    def what(self, entry: LogEntry) -> str:
        return entry.content_type.name if entry.content_type else "-"

    @display(description="Which", ordering="object_repr")
    def row(self, entry: LogEntry) -> str:
        address = None if entry.action_flag == DELETION else entry.get_admin_url()
        if address is None:
            return entry.object_repr
        return format_html('<a href="{}" class="{}">{}</a>', address, LINK, entry.object_repr)

    @display(description="Did")
    def did(self, entry: LogEntry) -> str:
        return entry.get_change_message() or VERBS[entry.action_flag]
