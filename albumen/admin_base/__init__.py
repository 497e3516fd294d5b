"""The base of all pages in the admin panel, which leave every write to the services.

A page says in `belongs_to` whose its rows are. The pages of those rows then lead to it, and its list can be narrowed
to one of them; `linked` makes a column that leads back. `empty` is what its list says while there is no row.
"""

from albumen.admin_base.columns import LINK, counted, linked, page_link, readable
from albumen.admin_base.filters import filter_by
from albumen.admin_base.pages import ReadOnlyPage, ServicePage
