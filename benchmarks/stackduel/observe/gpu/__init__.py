"""The GPUs of this machine: NVML, and what samples it during a trial."""
