-- Says that files of segments have become known, or are others: what a kill knows of references is to be looked at anew.
UPDATE reference_epoch SET epoch = epoch + 1 WHERE id = 1;
