-- The jobs that a scheduler, or `run --scheduled`, has seen: whether they are at rest, and when they fire next.
SELECT name, suspended, next_fire_ms FROM job ORDER BY name;
