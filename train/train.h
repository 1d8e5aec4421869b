// Trained models ready to use, and training: Pipeline, data, trainer, evaluation, metrics.
// <medley/train.h> when installed.
#pragma once

#include "models/models.h"
#include "train/checkpoint/huggingface.h"
#include "train/config/config.h"
#include "train/data/dataset.h"
#include "train/data/decode.h"
#include "train/data/loader.h"
#include "train/data/picture.h"
#include "train/eval/evaluate.h"
#include "train/loop/data_source.h"
#include "train/loop/run_folder.h"
#include "train/loop/trainer.h"
#include "train/metrics/captions.h"
#include "train/metrics/recall.h"
#include "train/metrics/vqa.h"
#include "train/pipeline/pipeline.h"
#include "train/report/finish.h"
