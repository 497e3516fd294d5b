"""The URLs of the service. Each ends in a slash, and works without it too (`OptionalSlashMiddleware`)."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

from albumen.accounts import urls as accounts
from albumen.api import openapi
from albumen.events import urls as events
from albumen.library import urls as library
from albumen.operations import probes
from albumen.organizations import urls as organizations
from albumen.plans import urls as plans
from albumen.tasks import urls as tasks
from albumen.web import free_space, legacy_urls, mail_pages, views

# Django tries routes in this order, so the busiest come first.
api = [
    *library.urlpatterns,
    *organizations.urlpatterns,
    *accounts.urlpatterns,
    *plans.urlpatterns,
    *events.urlpatterns,
    *tasks.urlpatterns,
]
urlpatterns = [
    path("", views.landing, name="landing"),
    path("api/", include(api)),
    path("api/", views.Index.as_view(routes=api), name="index"),
    path("", include(library.file_urlpatterns + accounts.file_urlpatterns)),
    path("", include(legacy_urls.urlpatterns)),
    path("api/schema/", openapi.Schema.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("docs/errors/", views.errors, name="errors"),
    path("docs/events/", views.events, name="events-page"),
    path("docs/events/asyncapi.yaml/", views.asyncapi, name="asyncapi"),
    path("redoc/", SpectacularRedocView.as_view(url_name="schema"), name="redoc"),
    path("password-reset/", views.password_reset, name="password-reset-page"),
    path("email-change-stop/", views.email_change_stop, name="email-change-stop-page"),
    path("email-verify/", views.email_verify, name="email-verify-page"),
    path("sign-in-code/", views.sign_in_code, name="sign-in-code-page"),
    path("end-login/", views.end_login, name="end-login-page"),
    path("invitations/", views.invitation, name="invitation-page"),
    path("api-auth/", include("rest_framework.urls")),
    *mail_pages.urlpatterns,
    *free_space.urlpatterns,
    path("admin/", admin.site.urls),
    path("healthz/", probes.Health.as_view(), name="healthz"),
    path("readyz/", probes.Ready.as_view(), name="readyz"),
    path("metrics/", probes.Metrics.as_view(), name="metrics"),
]

handler400 = "albumen.api.problems.bad_request"
handler403 = "albumen.api.problems.forbidden"
handler404 = "albumen.api.problems.not_found"
handler500 = "albumen.api.problems.server_error"
