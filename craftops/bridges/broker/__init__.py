"""The MQTT broker of a shop: Mosquitto as a child where it is installed, else amqtt with our mends."""
