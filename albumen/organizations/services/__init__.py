"""The writes on organizations and memberships. Each asks `access` whether the actor may do it."""

from albumen.organizations.services.departures import delete_empty_organizations, events_of_leaving, prepare_leaving
from albumen.organizations.services.invitations import (
    accept_invitation,
    decline_invitation,
    invite,
    revoke_invitation,
)
from albumen.organizations.services.memberships import (
    add_member,
    add_or_invite,
    change_membership,
    is_invitation,
    join_organization,
    remove_member,
    require_open_organizations,
    set_memberships,
)
from albumen.organizations.services.organizations import (
    change_organization,
    create_organization,
    delete_organization,
)
