__version__ = "0.1.0"    # that of the platform, in configure.ac
