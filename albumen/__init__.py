"""Albumen: accounts, albums of pictures, thumbnails per plan, and links that expire."""

__version__ = "0.2.0"
