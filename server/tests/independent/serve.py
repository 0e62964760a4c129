"""llama.cpp's server over a model file, on a free port; prints its address and serves until it is killed."""

import sys
import threading

import xllamacpp


def main(model, name):
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.model_alias = {name}
    params.n_ctx = 25600
    params.n_parallel = 5
    params.port = 0
    params.cpuparams.n_threads = 1
    params.warmup = False
    params.endpoint_slots = True
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
