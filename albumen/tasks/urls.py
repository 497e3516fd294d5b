from django.urls import path

from albumen.tasks import views

urlpatterns = [
    path("tasks/", views.Tasks.as_view(), name="tasks"),
    path("tasks/<id:task_id>/", views.OneTask.as_view(), name="task"),
    path("tasks/<id:task_id>/cancel/", views.Cancel.as_view(), name="task-cancel"),
    path("tasks/<id:task_id>/retry/", views.Retry.as_view(), name="task-retry"),
]
