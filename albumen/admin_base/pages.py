"""Pages whose writes are calls of services."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, cast

from django.apps import apps
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from albumen.admin_base.columns import counted, page_link
from albumen.admin_base.fields import FORM_FIELDS
from albumen.errors import DomainError, Invalid
from albumen.search import SortKey, fold

MAX_SEARCH = 200  # characters
MOST = 1000  # rows of one action, so that it ends before a browser or a proxy gives up
ASKED = 20  # rows that are named before an action


class SortedList(ChangeList):
    """A list that is ordered by sort keys, as in the API, when it is ordered by a name."""

    def get_ordering_field(self, field_name: Any) -> Any:
        field = super().get_ordering_field(field_name)
        keys = {key.of: key.name for key in self.lookup_opts.concrete_fields if isinstance(key, SortKey)}
        return keys.get(field, field)


class ServicePage(ModelAdmin):
    """A page of the panel whose writes call services. A service's `DomainError` is shown to the person."""

    # An action posts a field for each chosen row, and DATA_UPLOAD_MAX_NUMBER_FIELDS bounds the fields.
    list_per_page = 50
    list_max_show_all = 50
    # Rows that an action takes if they are more than MOST.
    most_at_once: Mapping[str, int] = {}
    list_before_template = "admin/narrowed.html"
    change_form_outer_before_template = "admin/leads.html"

    # A model as Django labels it, such as "accounts.user", and the lookup from these rows to it, such as "owner".
    belongs_to: Mapping[str, str] = {}
    empty = "There is nothing here yet."

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        ours = lookup in {f"{way}__id__exact" for way in self.belongs_to.values()}
        return ours or bool(super().lookup_allowed(lookup, value, request))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        narrowed = [
            page_link(apps.get_model(label).objects.filter(pk=pk).first())
            for label, way in self.belongs_to.items()
            if re.fullmatch("[0-9]{1,18}", pk := request.GET.get(f"{way}__id__exact", ""))
        ]
        response: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "narrowed": narrowed})
        return response

    def render_change_form(
        self, request: Any, context: Any, add: bool = False, change: bool = False, form_url: str = "", obj: Any = None
    ) -> Any:
        if change:
            context["leads"] = list(self._leads_from(obj))
            known = dict(self.get_action_choices(request, []))
            context["buttons"] = [(name, known[name]) for name in self.actions_for(obj) if name in known]
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _leads_from(self, row: models.Model) -> Iterator[tuple[str, str, int]]:
        """Yield a name, a URL and a count for each list of what belongs to the row."""
        for page in self.admin_site._registry.values():
            if way := getattr(page, "belongs_to", {}).get(row._meta.label_lower):
                address = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
                count = page.model._default_manager.filter(**{way: row}).count()
                yield str(page.opts.verbose_name_plural), f"{address}?{way}__id__exact={row.pk}", count

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        for kind, form_class in FORM_FIELDS.items():
            # Only these fields: some subclasses, such as e-mail addresses, have form fields of their own.
            if isinstance(db_field, kind) and type(db_field).formfield is kind.formfield:
                kwargs.setdefault("form_class", form_class)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return SortedList

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        # Django's own bulk deletion would not call the services.
        actions.pop("delete_selected", None)
        return actions

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Return the chosen rows and counts of what is deleted with them: Django's list of every row has no end. The
        service decides what may be deleted."""
        return [str(one) for one in objs], self.deletion_counts(objs), set(), []

    def deletion_counts(self, objs: Collection[Any]) -> dict[str, int]:
        """Return how many rows are deleted, by their kind in words."""
        return {str(self.opts.verbose_name_plural): len(objs)}

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        if any(field.endswith("search_key") for field in self.search_fields):
            search_term = fold(search_term)
        # Cut, because each word becomes a condition, and databases limit how many a query may have.
        found, repeated = super().get_search_results(request, queryset, search_term[:MAX_SEARCH])
        if re.fullmatch("[0-9]{1,18}", number := search_term.strip()):
            found = found | queryset.filter(pk=int(number))
        return found, repeated

    def report(
        self,
        request: HttpRequest,
        rows: Sequence[models.Model],
        did: str,
        nothing: str,
        *,
        undo: str = "",
        flag: int = CHANGE,
    ) -> None:
        """Say what an action did, as in "2 pictures `restored`.", with an entry in the history of each of these rows;
        or, where there are none, warn why it did nothing. `undo` is the address of the button that takes it back."""
        if not rows:
            self.message_user(request, nothing, messages.WARNING)
            return
        LogEntry.objects.log_actions(cast(int, request.user.pk), rows, flag, f"{capfirst(did)}.")
        done = counted(len(rows), str(self.opts.verbose_name), str(self.opts.verbose_name_plural))
        # The template of messages makes a button of the tag.
        self.message_user(request, f"{done} {did}.", messages.SUCCESS, extra_tags=undo)

    def ask(self, request: HttpRequest, queryset: Any, action: str, question: str, form: Any = None) -> HttpResponse:
        """Answer with a page that names the chosen rows and asks before the action; `confirmed` is posted then, with
        the fields of the form."""
        count = queryset.count()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": question,
            "chosen": counted(count, str(self.opts.verbose_name), str(self.opts.verbose_name_plural)),
            "rows": queryset[:ASKED],
            "more": max(0, count - ASKED),
            "action": action,
            "form": form,
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/ask.html", context)

    def actions_for(self, row: Any) -> Collection[str]:
        """Return the actions of the list that make sense for this row, as buttons on its page."""
        return [name for name in self.actions or () if isinstance(name, str)]

    def response_action(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        if not all(row.isdecimal() for row in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise Invalid("invalid", "Choose rows of the list.")
        most = self.most_at_once.get(request.POST.get("action", ""), MOST)
        if request.POST.get("select_across") == "1" and queryset.count() > most:
            text = f"Too many at once: narrow the list to {most:,} by the search or the filters."
            self.message_user(request, text, messages.WARNING)
            return redirect(request.get_full_path())
        response: HttpResponse | None = super().response_action(request, queryset)
        return response

    def get_form(self, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        if "albumen_refusal" not in request.__dict__:
            return form
        refusal: DomainError = request.__dict__["albumen_refusal"]

        class RefusedForm(form):  # type: ignore[misc, valid-type]
            def clean(self) -> Any:
                cleaned = super().clean()
                field = (refusal.pointer or "").lstrip("/")
                self.add_error(field if field in self.fields else None, refusal.detail)
                return cleaned

        return RefusedForm

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except DomainError as refusal:
            # Nothing was written. Run again, the form fails with the service's reason.
            request.__dict__["albumen_refusal"] = refusal
            response = super().changeform_view(request, *args, **kwargs)
        return response

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            response: HttpResponse = super().delete_view(request, object_id, extra_context)
        except DomainError as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)
        return response


class ReadOnlyPage(ServicePage):
    """A page whose rows cannot be added, changed or deleted. Its actions may still call services."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
