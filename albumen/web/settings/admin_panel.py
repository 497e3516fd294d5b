"""The look and the navigation of the admin panel (django-unfold)."""

from django.urls import reverse_lazy

UNFOLD = {
    "DASHBOARD_CALLBACK": "albumen.web.dashboard.dashboard",
    "SITE_TITLE": "Albumen",
    "SITE_HEADER": "Albumen",
    "SITE_SYMBOL": "photo_library",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "/static/web/icon.svg"}],
    "SHOW_HISTORY": True,
    "SIDEBAR": {
        "navigation": [
            {
                "title": "People",
                "items": [
                    {"title": "Users", "icon": "group", "link": reverse_lazy("admin:accounts_user_changelist")},
                    {
                        "title": "Organizations",
                        "icon": "groups",
                        "link": reverse_lazy("admin:organizations_organization_changelist"),
                    },
                    {"title": "Sessions", "icon": "key", "link": reverse_lazy("admin:accounts_session_changelist")},
                    {"title": "Plans", "icon": "sell", "link": reverse_lazy("admin:plans_plan_changelist")},
                ],
            },
            {
                "title": "Pictures",
                "items": [
                    {"title": "Pictures", "icon": "image", "link": reverse_lazy("admin:library_picture_changelist")},
                    {
                        "title": "Expiring links",
                        "icon": "link",
                        "link": reverse_lazy("admin:library_expiringlink_changelist"),
                    },
                ],
            },
            {
                "title": "Work",
                "items": [
                    {"title": "Tasks", "icon": "task_alt", "link": reverse_lazy("admin:tasks_task_changelist")},
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
