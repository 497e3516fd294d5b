from django.urls import path

from albumen.organizations import views

urlpatterns = [
    path("organizations/", views.Organizations.as_view(), name="organizations"),
    path("organizations/<id:organization_id>/", views.OneOrganization.as_view(), name="organization"),
    path("organizations/<id:organization_id>/members/", views.Members.as_view(), name="members"),
    path("organizations/<id:organization_id>/members/<id:user_id>/", views.OneMember.as_view(), name="member"),
    path("organizations/<id:organization_id>/join/", views.Join.as_view(), name="join"),
]
