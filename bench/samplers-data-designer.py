"""The recipe of samplers.mjs in NVIDIA's Data Designer: prints rows and seconds, as JSON.

    python samplers-data-designer.py RECIPE.json ROWS
"""

import json
import os
import sys
import tempfile
import time

folder = tempfile.mkdtemp(prefix="data-designer-")
os.environ |= {"NEMO_TELEMETRY_ENABLED": "false", "DATA_DESIGNER_HOME": folder}

import data_designer.config as dd  # noqa: E402
from data_designer.interface import DataDesigner  # noqa: E402

with open(sys.argv[1]) as file:
    recipe = {key: value for key, value in json.load(file).items() if key != "name"}
config = os.path.join(folder, "config.json")
with open(config, "w") as file:
    json.dump(recipe, file)

provider = dd.ModelProvider(name="openai", endpoint="http://127.0.0.1:9/v1", api_key="none")
designer = DataDesigner(artifact_path=os.path.join(folder, "artifacts"), model_providers=[provider])
designer.set_run_config(dd.RunConfig(otel_metrics_port=None))
builder = dd.DataDesignerConfigBuilder.from_config(config)
started = time.time()
made = designer.create(builder, num_records=int(sys.argv[2]), dataset_name="samplers").load_dataset()
print(json.dumps({"rows": len(made), "seconds": time.time() - started}))
