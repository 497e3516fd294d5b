from django.urls import path

from albumen.plans import views

urlpatterns = [
    path("plans/", views.Plans.as_view(), name="plans"),
    path("plans/<id:plan_id>/", views.OnePlan.as_view(), name="plan"),
]
