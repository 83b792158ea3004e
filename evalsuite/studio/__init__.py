"""People color photos: a process that computes, the wire to it, who asks it. Only `painter` and `worker` know torch."""
