-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
--
-- Host: localhost    Database: druid
-- ------------------------------------------------------
-- Server version	8.0.36

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;

--
-- Table structure for table `druid_config`
--

DROP TABLE IF EXISTS `druid_config`;
CREATE TABLE `druid_config` (
  `name` varchar(255) NOT NULL,
  `payload` longblob NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

LOCK TABLES `druid_config` WRITE;
/*!40000 ALTER TABLE `druid_config` DISABLE KEYS */;
INSERT INTO `druid_config` VALUES ('a',_binary '\'); INSERT INTO `druid_segments` VALUES (1);'),('b',_binary '{\"x\":\"it\\\\\"}');
/*!40000 ALTER TABLE `druid_config` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `druid_segments`
--

DROP TABLE IF EXISTS `druid_segments`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
CREATE TABLE `druid_segments` (
  `id` varchar(255) NOT NULL,
  `dataSource` varchar(255) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin NOT NULL,
  `created_date` varchar(255) NOT NULL,
  `start` varchar(255) NOT NULL,
  `end` varchar(255) NOT NULL,
  `partitioned` tinyint(1) NOT NULL,
  `version` varchar(255) NOT NULL,
  `used` tinyint(1) NOT NULL,
  `payload` longblob NOT NULL,
  `used_status_last_updated` varchar(255) NOT NULL,
  `upgraded_from_segment_id` varchar(255) DEFAULT NULL,
  `schema_fingerprint` varchar(255) DEFAULT NULL,
  `num_rows` bigint DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `idx_druid_segments_used` (`used`),
  KEY `idx_druid_segments_datasource_used_end_start` (`dataSource`,`used`,`end`,`start`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

LOCK TABLES `druid_segments` WRITE;
/*!40000 ALTER TABLE `druid_segments` DISABLE KEYS */;
INSERT INTO `druid_segments` VALUES ('it\'s_2024-01-01T00:00:00.000Z','it\'s','2024-01-01T00:00:00.000Z','2024-01-01T00:00:00.000Z','2024-01-02T00:00:00.000Z',0,'v',1,_binary '{\"dataSource\":\"it\'s\",\"path\":\"C:\\\\dir\\\\\",\"note\":\"a;b),(\\\"c\\\"\",\"tab\":\"\\t\",\"emoji\":\"🐨\"}','2024-01-01T00:00:00.000Z',NULL,NULL,12),('b','back\\slash\"','c','s','e',1,'a\nb\tc\Z\%\_\r\b',0,_binary '{}','2024-01-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO `druid_segments` VALUES ('c','ends in \\','c','s','e',1,'it''s',0,_binary '{}','2024-01-01T00:00:00.000Z',NULL,NULL,NULL);
/*!40000 ALTER TABLE `druid_segments` ENABLE KEYS */;
UNLOCK TABLES;
INSERT INTO `druid_rules` VALUES ('_default_v','_default','v',_binary '[{\"type\":\"loadForever\"}]');
INSERT INTO `druid`.`druid_tasks` VALUES (1,2.5e3,-4);

-- Dump completed on 2024-01-02  3:04:05
