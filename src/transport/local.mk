# (sources follow with the HTTP server they stand on)
