"""Albumen: accounts, albums of pictures, thumbnails per plan, and links that expire."""
