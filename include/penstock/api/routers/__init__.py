"""The routes, a module for each subject. `penstock.api.app` includes the `router` of each."""
