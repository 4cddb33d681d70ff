"""`gradproof init`: the cases that scan makes, as files for their authors to go on with."""
