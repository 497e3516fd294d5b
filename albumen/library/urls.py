from django.urls import path

from albumen.library.views import albums, bulk, files, imports_exports, links, pictures

urlpatterns = [
    path("albums/", albums.Albums.as_view(), name="albums"),
    path("albums/<id:album_id>/", albums.OneAlbum.as_view(), name="album"),
    path("albums/<id:album_id>/pictures/", albums.AlbumPictures.as_view(), name="album-pictures"),
    path("albums/<id:album_id>/pictures/<id:picture_id>/", albums.OneAlbumPicture.as_view(), name="album-picture"),
    path("albums/<id:album_id>/export/", imports_exports.ExportAlbum.as_view(), name="album-export"),
    path("profile/export/", imports_exports.ExportProfile.as_view(), name="profile-export"),
    path("pictures/import/", imports_exports.Import.as_view(), name="import"),
    path("pictures/import/archive/", imports_exports.ImportArchive.as_view(), name="import-archive"),
    path("pictures/", pictures.Pictures.as_view(), name="pictures"),
    path("pictures/bulk/", bulk.Bulk.as_view(), name="bulk"),
    path("pictures/<id:picture_id>/", pictures.OnePicture.as_view(), name="picture"),
    path("pictures/<id:picture_id>/restore/", pictures.Restore.as_view(), name="picture-restore"),
    path("pictures/<id:picture_id>/links/", links.PictureLinks.as_view(), name="picture-links"),
    path("trash/", pictures.Trash.as_view(), name="trash"),
    path("trash/restore/", pictures.RestoreAll.as_view(), name="restore-all"),
    path("trash/<id:picture_id>/", pictures.Trashed.as_view(), name="trashed"),
    path("links/", links.Links.as_view(), name="links"),
    path("links/<id:link_id>/", links.OneLink.as_view(), name="link"),
]
file_urlpatterns = [
    path(
        "files/<id:picture_id>/<str:size>/<id:viewer_id>/<id:expires>/<str:mac>/",
        files.SignedFile.as_view(),
        name="signed-file",
    ),
    path(
        "files/exports/<id:task_id>/<id:owner_id>/<id:expires>/<str:mac>/",
        imports_exports.ExportFile.as_view(),
        name="export-file",
    ),
    path("links/<str:token>/", files.LinkTarget.as_view(), name="link-target"),
]
