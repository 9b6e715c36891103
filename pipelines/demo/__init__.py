"""`make demo`: the closed loop on one machine, with nothing in it that is made for show.

A champion of the first 40 % of the units is served; the rest arrives in time order; a few sensors
drift; predictor, shipper and monitor are the programs that run on a cluster, on a real object
store; trainings run with `kfp.local`, and the gate decides. Alertmanager alone is played.
"""
