-- The step that was begun last; 0 where there is none.
SELECT coalesce(max(id), 0) FROM step;
