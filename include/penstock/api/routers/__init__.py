"""The routes, a module a subject; each holds a `router`, which `penstock.api.app` includes."""
