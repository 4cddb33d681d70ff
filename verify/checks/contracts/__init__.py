"""What a layer has to keep to beside its formula."""
