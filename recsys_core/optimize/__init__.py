"""The toolkit under the learners, made visible: every method is a generator of its iterates.

Stop = stop asking. `trajectory.follow` asks, measures and says how a path ended.
"""
