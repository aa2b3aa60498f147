"""The toolkit under the learners, made visible: principal components and, in time, the descents."""
