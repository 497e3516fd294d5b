from django.urls import path

from albumen.events import views

urlpatterns = [path("events/", views.Events.as_view(), name="events")]
