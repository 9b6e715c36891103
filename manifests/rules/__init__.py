"""Recording and alert rules as code; `make chart` writes them into the chart for Prometheus.

::

    rule           what a rule and a group are, and their YAML
    selecting      series of this release's predictor and monitor
    objectives     SLOs of availability and latency, and how fast their budgets burn
    requests       errors, saturation
    predictor      down, old, fed with holes
    log            what predictions leave behind
    drift          sensors, risks, share flagged
    performance    outcomes, and what they say
    lifecycle      trainings, promotions
    monitor        whether somebody looks at all
"""
