from django.urls import path

from albumen.organizations.views import invitations, members, organizations

urlpatterns = [
    path("organizations/", organizations.Organizations.as_view(), name="organizations"),
    path("organizations/<id:organization_id>/", organizations.OneOrganization.as_view(), name="organization"),
    path("organizations/<id:organization_id>/members/", members.Members.as_view(), name="members"),
    path("organizations/<id:organization_id>/members/<id:user_id>/", members.OneMember.as_view(), name="member"),
    path("organizations/<id:organization_id>/join/", members.Join.as_view(), name="join"),
    path(
        "organizations/<id:organization_id>/invitations/",
        invitations.SentInvitations.as_view(),
        name="organization-invitations",
    ),
    path(
        "organizations/<id:organization_id>/invitations/<id:invitation_id>/",
        invitations.OneSentInvitation.as_view(),
        name="organization-invitation",
    ),
    path("invitations/", invitations.ReceivedInvitations.as_view(), name="invitations"),
    path("invitations/<id:invitation_id>/accept/", invitations.AcceptInvitation.as_view(), name="invitation-accept"),
    path(
        "invitations/<id:invitation_id>/decline/", invitations.DeclineInvitation.as_view(), name="invitation-decline"
    ),
]
