"""The look and the navigation of the admin panel (django-unfold)."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy


def _list(title: str, icon: str, model: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{model}_changelist")}


UNFOLD = {
    "DASHBOARD_CALLBACK": "albumen.web.dashboard.dashboard",
    "SITE_TITLE": "Albumen",
    "SITE_HEADER": "Albumen",
    "SITE_SYMBOL": "photo_library",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "/static/web/icon.svg"}],
    "SHOW_HISTORY": True,
    "STYLES": [lambda request: static("web/admin.css")],
    "SIDEBAR": {
        "navigation": [
            {
                "items": [{"title": "Overview", "icon": "dashboard", "link": reverse_lazy("admin:index")}],
            },
            {
                "title": "People",
                "items": [
                    _list("Users", "group", "accounts_user"),
                    _list("Sessions", "key", "accounts_session"),
                    _list("Organizations", "groups", "organizations_organization"),
                    _list("Memberships", "badge", "organizations_membership"),
                    _list("Invitations", "outgoing_mail", "organizations_invitation"),
                    _list("Plans", "sell", "plans_plan"),
                ],
            },
            {
                "title": "Pictures",
                "items": [
                    _list("Pictures", "image", "library_picture"),
                    _list("Albums", "photo_album", "library_album"),
                    _list("Expiring links", "link", "library_expiringlink"),
                ],
            },
            {
                "title": "Work",
                "items": [
                    _list("Tasks", "task_alt", "tasks_task"),
                    {"title": "Mails", "icon": "mail", "link": reverse_lazy("mails")},
                    _list("History", "history", "admin_logentry"),
                ],
            },
            {
                "title": "Documentation",
                "items": [
                    {"title": "API", "icon": "api", "link": reverse_lazy("docs")},
                    {"title": "Error codes", "icon": "error", "link": reverse_lazy("errors")},
                ],
            },
        ],
    },
}
