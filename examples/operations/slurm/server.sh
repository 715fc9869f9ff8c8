# Sourced by the scripts of this folder: starts a vLLM server on this node, and waits until it answers.
# DD_MODEL is the model; everything of VLLM_FLAGS is given to the server, such as --tensor-parallel-size 8.
vllm serve "$DD_MODEL" --host 127.0.0.1 --port "${VLLM_PORT:-8000}" ${VLLM_FLAGS:-} &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" || true' EXIT
until curl --silent --fail --output /dev/null "http://127.0.0.1:${VLLM_PORT:-8000}/v1/models"; do
  kill -0 "$server" 2>/dev/null || { echo 'the model server ended before it was ready' >&2; exit 1; }
  sleep "${DD_POLL:-5}"
done
