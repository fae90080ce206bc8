"""Files between the landing zone and the archive: claims, mirrors, zip archives, versions."""
