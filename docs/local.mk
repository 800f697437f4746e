nobase_dist_doc_DATA += docs/architecture.md docs/hosting.md docs/configuration.md
