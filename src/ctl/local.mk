# The operator’s command; its sources join here.
