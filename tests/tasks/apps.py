from django.apps import AppConfig


class WorkerForTests(AppConfig):
    name = "tests.tasks"
    label = "worker_for_tests"
