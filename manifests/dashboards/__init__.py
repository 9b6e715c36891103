"""The dashboards, written for Grafana as code; `make chart` writes their JSON into the chart."""
