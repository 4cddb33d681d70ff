"""The commands of gradproof, with what each does."""

COMMANDS = {
    "run": "check cases (the default)",
    "expr": "check one expression",
    "list": "list the cases, check nothing",
    "compare": "compare two JSON reports",
    "merge": "put the JSON reports of shards together",
    "mutate": "plant mistakes in the code and count how many the cases catch",
    "fix": "look for the smallest change that makes a wrong gradient right, and prove it",
    "scan": "find hand-written gradients in Python source and check them, without a case",
    "init": "write the cases of gradients that scan finds, as verify_*.py to edit",
    "cache": "remove the results that --cache has stored",
    "explain": "explain a finding, a reason, a verdict or a setting, and what to do",
}
