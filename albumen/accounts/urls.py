from django.urls import path

from albumen.accounts.views import addresses, invitations, profiles, sessions, users

urlpatterns = [
    path("register/", profiles.Register.as_view(), name="register"),
    path("login/", sessions.Login.as_view(), name="login"),
    path("login/code/", sessions.LoginCode.as_view(), name="login-code"),
    path("refresh/", sessions.Refresh.as_view(), name="refresh"),
    path("logout/", sessions.Logout.as_view(), name="logout"),
    path("logout/all/", sessions.LogoutAll.as_view(), name="logout-all"),
    path("sessions/", sessions.Sessions.as_view(), name="sessions"),
    path("sessions/end/", profiles.DisownSession.as_view(), name="session-end"),
    path("sessions/<id:session_id>/", sessions.OneSession.as_view(), name="session"),
    path("profile/", profiles.Profile.as_view(), name="profile"),
    path("profile/password/", profiles.Password.as_view(), name="profile-password"),
    path("profile/avatar/", users.Avatar.as_view(), name="profile-avatar"),
    path("password/reset/", profiles.PasswordReset.as_view(), name="password-reset"),
    path("password/reset/confirm/", profiles.PasswordResetConfirm.as_view(), name="password-reset-confirm"),
    path("email/verify/", addresses.VerifyEmail.as_view(), name="email-verify"),
    path("email/change/stop/", addresses.StopChange.as_view(), name="email-change-stop"),
    path("email/verify/send/", addresses.SendVerification.as_view(), name="email-verify-send"),
    path("invitations/by-token/", invitations.MailedInvitation.as_view(), name="mailed-invitation"),
    path("invitations/accept/", invitations.AcceptMailedInvitation.as_view(), name="mailed-invitation-accept"),
    path("invitations/decline/", invitations.DeclineMailedInvitation.as_view(), name="mailed-invitation-decline"),
    path("organizations/users/", users.OrganizationUsers.as_view(), name="organization-users"),
    path("users/", users.Users.as_view(), name="users"),
    path("users/<id:user_id>/", users.OneUser.as_view(), name="user"),
    path("users/<id:user_id>/avatar/", users.UserAvatar.as_view(), name="user-avatar"),
]
file_urlpatterns = [
    path(
        "files/avatars/<id:user_id>/<str:avatar>/<id:viewer_id>/<id:expires>/<str:mac>/",
        users.SignedAvatar.as_view(),
        name="signed-avatar",
    ),
]
