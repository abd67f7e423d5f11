"""`weft up --processes`: what docker-compose.yml says of Weft's own services, run as processes of this machine."""
