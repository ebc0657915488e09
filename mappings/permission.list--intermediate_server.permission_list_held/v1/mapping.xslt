<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:permission.list:v1" xmlns="urn:renkei:intermediate_server.permission_list_held:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:list">
    <permissionListHeld>
      <MessageHeader>
        <MsgId><xsl:value-of select="concat('TKLH', format-number(i:version, '00000000'))"/></MsgId>
        <MsgTypeId>IF_TKY_LIST_HELD</MsgTypeId>
        <MsgMode>0</MsgMode>
        <SourceSystemID>RENKEI</SourceSystemID>
        <DestinationSystemID>CHUKAN</DestinationSystemID>
      </MessageHeader>
      <ListVersion><xsl:value-of select="i:version"/></ListVersion>
      <Combinations><xsl:value-of select="count(i:combination)"/></Combinations>
    </permissionListHeld>
  </xsl:template>
</xsl:stylesheet>
