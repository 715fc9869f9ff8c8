#!/usr/bin/env bash
# Loads the exports of dd with TRL, LLaMA-Factory and Axolotl, and takes a training step of a tiny random model on each.
# Needs Python 3.10 or newer, and 6 GB for the Python environment. Build dd first.
#
#   bash scripts/trainers/run.sh [FOLDER]      default: /tmp/dd-trainers
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-/tmp/dd-trainers}
mkdir -p "$folder"

if [ ! -x "$folder/venv/bin/python" ]; then
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet trl==1.16.0
  # Their pins exclude the versions that TRL needs. What is loaded here works with them.
  "$folder/venv/bin/pip" install --quiet --no-deps llamafactory==0.9.5 axolotl==0.19.0 peft torchaudio colorama addict omegaconf posthog \
    requests urllib3 certifi distro numba llvmlite
fi

rm -rf "$folder/exports"
node "$here/make-exports.mjs" "$folder/exports"
HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 HF_DATASETS_CACHE="$folder/cache" DISABLE_VERSION_CHECK=1 AXOLOTL_DO_NOT_TRACK=1 DO_NOT_TRACK=1 CUDA_VISIBLE_DEVICES='' \
  TOKENIZERS_PARALLELISM=false "$folder/venv/bin/python" "$here/train.py" "$folder/exports" "$folder/model"
