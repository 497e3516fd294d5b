"""Albums, pictures and expiring links in the admin panel."""

from albumen.library.admin import albums, links, pictures
