-- The number that rises whenever files of segments become known or others.
SELECT epoch FROM reference_epoch WHERE id = 1;
