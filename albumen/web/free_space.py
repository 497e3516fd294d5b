"""The button of the admin panel's first page that removes what no row names any more."""

from typing import cast

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from albumen.library.services import freeing
from albumen.viewers import Viewer


@require_POST
def free_space(request: HttpRequest) -> HttpResponse:
    freeing.request_sweep(actor=cast(Viewer, request.user), now=timezone.now())
    messages.success(request, "A worker removes the files that nothing names any more. Pictures in the trash stay.")
    return redirect("admin:index")


urlpatterns: list[URLPattern] = [path("admin/free-space/", admin.site.admin_view(free_space), name="free-space")]
