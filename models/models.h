// BLIP and its parts: models, tokenizer, generation, files of weights. <medley/models.h> when
// installed.
#pragma once

#include "autograd/autograd.h"
#include "models/batch.h"
#include "models/blip/blip.h"
#include "models/config.h"
#include "models/generation/generate.h"
#include "models/nlvr/nlvr.h"
#include "models/text/med.h"
#include "models/text/tokenizer.h"
#include "models/vision/vit.h"
#include "models/vqa/vqa.h"
#include "models/weights/hf_base.h"
#include "models/weights/hf_config.h"
#include "models/weights/hf_folder.h"
#include "models/weights/load.h"
#include "models/weights/pth.h"
#include "models/weights/safetensors.h"
#include "models/weights/weight_files.h"
