"""The embedded front end: MediaPipe's networks in onnxruntime, with crops, geometry and tracking of our own."""
